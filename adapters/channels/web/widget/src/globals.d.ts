// Filled in by the build.
declare const PANEL_FILE: string;
declare const VERSION: string;

declare module "*.css" {
  const css: string;
  export default css;
}
