CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`opened_at` integer NOT NULL,
	`closed_at` integer
);
--> statement-breakpoint
CREATE TABLE `task_outputs` (
	`task_id` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`bytes_seen` integer NOT NULL,
	`truncated` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`input` text NOT NULL,
	`session` text,
	`priority` integer NOT NULL,
	`timeout_ms` integer,
	`idempotency_key` text,
	`state` text NOT NULL,
	`attempt` integer NOT NULL,
	`fence` integer NOT NULL,
	`submitted_at` integer NOT NULL,
	`started_at` integer,
	`settled_at` integer,
	`tier` text,
	`worker` text,
	`wait_ms` real,
	`start_ms` real,
	`run_ms` real,
	`value` text,
	`error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_id` ON `tasks` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_idempotency_key` ON `tasks` (`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_completed_by_kind` ON `tasks` (`kind`,`seq`) WHERE state = 'completed';