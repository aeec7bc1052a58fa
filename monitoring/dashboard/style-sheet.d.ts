/** A style sheet is imported for what it does; the bundler joins them into one file. */
declare module "*.css";
