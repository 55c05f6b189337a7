// Filled in by the build.
declare const PANEL_FILE: string;
declare const VERSION: string;
declare const MORE_FILE: string;
declare const WRITE_FILE: string;
declare const FORM_FILE: string;
declare const LIST_FILE: string;
declare const FRAME_FILE: string;
declare const WATCH_FILE: string;

declare module "*.css" {
  const css: string;
  export default css;
}
