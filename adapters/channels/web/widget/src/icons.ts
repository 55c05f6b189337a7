export const CLOSE = "M6 6l12 12M18 6L6 18";
export const NEW = "M12 5H5v14h14v-7M10 14l9.5-9.5";
export const LIST = "M4 7h16M4 12h16M4 17h10";
export const DOWN = "M6 9l6 6 6-6";
