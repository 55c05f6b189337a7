import { sheetOf } from "./host";
import css from "./panel.css";

export const panelSheet = sheetOf(css);
