CREATE TABLE `attempts` (
	`id` integer PRIMARY KEY NOT NULL,
	`task_seq` integer NOT NULL,
	`attempt` integer NOT NULL,
	`fence` integer NOT NULL,
	`holder` text,
	`ended_at` integer NOT NULL,
	`end` text NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `attempts_task` ON `attempts` (`task_seq`);--> statement-breakpoint
CREATE TABLE `dependencies` (
	`task_seq` integer NOT NULL,
	`parent_seq` integer NOT NULL,
	`on` text NOT NULL,
	PRIMARY KEY(`task_seq`, `parent_seq`)
);
--> statement-breakpoint
CREATE INDEX `dependencies_parent` ON `dependencies` (`parent_seq`,`task_seq`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outcomes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`tier` text,
	`wait_ms` real,
	`start_ms` real,
	`run_ms` real,
	`timeout_ms` integer,
	`attempt` integer NOT NULL,
	`settled_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outcomes_kind` ON `outcomes` (`kind`,`seq`);--> statement-breakpoint
CREATE TABLE `tallies` (
	`state` text PRIMARY KEY NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `board_items` (
	`seq` integer PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`title` text NOT NULL,
	`details` text,
	`weight` integer NOT NULL,
	`capabilities` text NOT NULL,
	`created_by` text NOT NULL,
	`worked_by` text,
	`progress_done` integer,
	`progress_total` integer,
	`required` text NOT NULL,
	`proven` text,
	`summary` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `board_items_task_id_unique` ON `board_items` (`task_id`);--> statement-breakpoint
CREATE TABLE `board_notes` (
	`id` integer PRIMARY KEY NOT NULL,
	`task_seq` integer NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `board_notes_task` ON `board_notes` (`task_seq`);--> statement-breakpoint
CREATE TABLE `capability_records` (
	`holder` text NOT NULL,
	`capability` text NOT NULL,
	`successes` integer NOT NULL,
	`failures` integer NOT NULL,
	PRIMARY KEY(`holder`, `capability`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`task_id` text,
	`holder` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`type`,`seq`);--> statement-breakpoint
CREATE TABLE `instances` (
	`id` text PRIMARY KEY NOT NULL,
	`pid` integer NOT NULL,
	`pid_started` text NOT NULL,
	`boot_id` text NOT NULL,
	`transport` text NOT NULL,
	`project_root` text NOT NULL,
	`version` text NOT NULL,
	`started_at` integer NOT NULL,
	`heartbeat_at` integer NOT NULL,
	`heartbeat_boot` integer NOT NULL,
	`ended_at` integer,
	`end` text,
	`max_workers` integer NOT NULL,
	`wants` integer DEFAULT 0 NOT NULL,
	`share` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `instances_alive` ON `instances` (`heartbeat_boot`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE TABLE `resource_claims` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`task_id` text,
	`claimed_at` integer NOT NULL,
	`lease_boot` integer NOT NULL
);
--> statement-breakpoint
DROP INDEX `tasks_completed_by_kind`;--> statement-breakpoint
ALTER TABLE `tasks` ADD `queue` text DEFAULT 'pool' NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `holder` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `lease_boot` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `due_boot` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `due_at` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `pending` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `has_dependants` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `max_attempts` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `backoff_ms` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `lost` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `runs_once` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `awaited` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `cancel_asked` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `group_key` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `group_limit` integer;--> statement-breakpoint
CREATE INDEX `tasks_ready` ON `tasks` (`queue`,priority DESC,`seq`) WHERE holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL;--> statement-breakpoint
CREATE INDEX `tasks_ready_kind` ON `tasks` (`queue`,`kind`,priority DESC,`seq`) WHERE holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL;--> statement-breakpoint
CREATE INDEX `tasks_due` ON `tasks` (`due_boot`) WHERE due_boot IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_held` ON `tasks` (`holder`) WHERE holder IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_leased` ON `tasks` (`lease_boot`) WHERE lease_boot IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_blocked` ON `tasks` (`seq`,`queue`) WHERE pending > 0;--> statement-breakpoint
CREATE INDEX `tasks_board_ended` ON `tasks` (`state`) WHERE queue = 'board' AND settled_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_cancel_asked` ON `tasks` (`holder`) WHERE cancel_asked = 1 AND holder IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_group_waiting` ON `tasks` (`group_key`,`queue`,`kind`,`group_limit`,`priority`,`due_boot`,`seq`) WHERE group_key IS NOT NULL AND holder IS NULL AND state = 'queued' AND pending = 0;--> statement-breakpoint
CREATE INDEX `tasks_group_held` ON `tasks` (`group_key`) WHERE group_key IS NOT NULL AND holder IS NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `state` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `blob` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `state_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `previous_state` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `previous_blob` text;--> statement-breakpoint
CREATE INDEX `sessions_open` ON `sessions` (`last_used_at`) WHERE closed_at IS NULL;
--> statement-breakpoint
UPDATE `tasks` SET
	`error` = CASE `state`
		WHEN 'running' THEN '{"code":"UNKNOWN_OUTCOME","message":"its server is gone, and was running it: nobody knows how far it came","hint":"Look at what it was to do; submit it again if it may run twice.","retryable":false}'
		ELSE '{"code":"CANCELLED","message":"its server went before the task could start, and nobody waits for it","hint":"Submit it again if you still want it.","retryable":false}'
	END,
	`settled_at` = coalesce(`started_at`, `submitted_at`),
	`state` = CASE `state` WHEN 'running' THEN 'unknown_outcome' ELSE 'cancelled' END
WHERE `state` IN ('queued', 'running');
--> statement-breakpoint
INSERT INTO `tallies` (`state`, `n`) SELECT `state`, count(*) FROM `tasks` GROUP BY `state`;
--> statement-breakpoint
INSERT INTO `outcomes` (`kind`, `state`, `tier`, `wait_ms`, `start_ms`, `run_ms`, `timeout_ms`, `attempt`, `settled_at`)
SELECT `kind`, `state`, `tier`, `wait_ms`, `start_ms`, `run_ms`, `timeout_ms`, `attempt`, `settled_at` FROM (
	SELECT * FROM `tasks` WHERE `state` = 'completed' AND `settled_at` IS NOT NULL ORDER BY `seq` DESC LIMIT 10000
) ORDER BY `settled_at`, `seq`;
