CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`by` text NOT NULL,
	`target` text NOT NULL,
	`detail` text NOT NULL,
	`undo` text,
	`undone_by` integer
);
