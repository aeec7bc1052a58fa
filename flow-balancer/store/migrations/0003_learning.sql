CREATE TABLE `decisions` (
	`id` integer PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`task_seq` integer NOT NULL,
	`attempt` integer NOT NULL,
	`outcome_seq` integer NOT NULL,
	`at` integer NOT NULL,
	`policy` text NOT NULL,
	`version` text NOT NULL,
	`choice` text NOT NULL,
	`alternatives` text NOT NULL,
	`propensity` real NOT NULL,
	`reason` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_attempt` ON `decisions` (`task_seq`,`attempt`);--> statement-breakpoint
CREATE INDEX `decisions_task` ON `decisions` (`task_id`);--> statement-breakpoint
CREATE TABLE `learned_states` (
	`learner` text NOT NULL,
	`version` integer NOT NULL,
	`revision` integer NOT NULL,
	`seq` integer NOT NULL,
	`state` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`learner`, `version`)
);
--> statement-breakpoint
ALTER TABLE `outcomes` ADD `task_seq` integer;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `bucket` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `expert` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `holder` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `has_beats` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `cost` real;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `tokens` integer;