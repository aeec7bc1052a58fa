ALTER TABLE `tasks` ADD `deadline_ms` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `after` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `decision` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `deaths` integer;