// What the loader, the hosted page and the ES module know of the panel, and the panel of them.
import type { Options } from "./options";
import type { Emit, SessionInfo } from "./wire";

// A JWT of the host, or an id and its hash where the site takes that.
export type Identity = string | { token?: string } | { id: string; hash: string };

export interface Change {
  lang?: string;
  dir?: string;
  // The host page's own title goes before the site's.
  title?: string;
  // Words that go before the widget's own, by their key.
  texts?: Record<string, string>;
}

export interface Panel {
  // Again: where it was open already, and has been moved.
  open(isAgain?: boolean): void;
  close(): void;
  // Ends the stream and takes the panel out of the page.
  destroy(): void;
  // Hears what is answered without being open.
  watch(): void;
  send(text: string): void;
  prefill(text: string): void;
  // Who the person is; null: nobody any more. Another person than before begins anew.
  identify(identity: Identity | null): void;
  // A new visitor, with a conversation of its own.
  reset(): void;
  update(change: Change): void;
}

export interface PanelPort {
  // ready, message, error, identity ({user}), conversation (its id), challenge.
  emit: Emit;
  // The person wants the panel away.
  close(): void;
  // Each time a session is opened: what the site is configured to be, proactive messages too.
  session?(session: SessionInfo): void;
}

export type Mount = (root: ShadowRoot, options: Options, port: PanelPort) => Panel;
