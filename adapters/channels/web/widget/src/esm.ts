// The widget for those who import it: what the script tag says in attributes are options here.
import { completed, type Options } from "./options";
import { createWidget, type Widget } from "./widget";

export type { Options, Widget };

// Where a bundler has taken this file away from the gateway, `api` says where that is.
export function mount({ api, ...options }: Partial<Options> & { key: string }): Widget {
  const files = api ? new URL("widget/", api.replace(/\/*$/, "/")).href : import.meta.url;
  return createWidget(completed({ ...options, api }, files), files);
}
