import type { Identity } from "./port";
import { keep, recall } from "./storage";
import type { SessionInfo } from "./wire";

const COMMAND_LIMIT_MS = 30_000;

export interface Challenge {
  kind: string;
  key: string;
}

// The gateway's no, in the person's language.
export interface Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly waitMs: number;
  readonly challenge?: Challenge;
  // The field of a form that it is about.
  readonly field?: string;
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && "status" in error;
}

// Not to be asked again: this site or person is not welcome.
export function isFinal(error: unknown): error is Refusal {
  return isRefusal(error) && (/^40[34]/.test(`${error.status}`) || isAboutIdentity(error));
}

// A developer whose site is refused looks at the console first.
export function report(error: unknown): void {
  if (isFinal(error)) console.error(`Chat Gateway: ${error.message}`);
}

export function isAboutIdentity({ code }: Refusal): boolean {
  return /identity/.test(code);
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { status, headers } = response;
  const { message, error, ...more } = (await response.json().catch(() => ({}))) as {
    message?: string;
    error?: string;
  };
  return Object.assign(new Error(message), {
    ...more,
    status,
    code: error ?? "",
    waitMs: Number(headers.get("Retry-After")) * 1000,
  });
}

// What a session is asked for with.
export interface Ask {
  token?: string;
  lang?: string;
  identity?: Identity;
  // The anonymous conversation becomes the person's, where the site wants that.
  merge?: boolean;
  conversation?: string;
  inputs?: Record<string, string>;
  challenge?: unknown;
}

export interface Client {
  // Whatever changes here is said with the next session.
  readonly ask: Ask;
  address(command: string): URL;
  // Resolves when there is a session: one is opened, however many ask for it.
  open(): Promise<void>;
  // The next request asks for a session before anything else.
  forgetSession(): void;
  request(command: string, body: () => object, signal?: AbortSignal): Promise<Response>;
}

export interface ClientPort {
  opened(session: SessionInfo): void;
  // Resolves with what the operator's challenge gave.
  challenged(challenge: Challenge): Promise<unknown>;
}

export interface ClientOptions {
  api: string;
  key: string;
  lang: string;
}

export function storageName({ api, key }: ClientOptions): string {
  return `chat-gateway:${api}:${key}`;
}

// Without the query: it may hold what is not the gateway's business.
export function pageAddress(): string {
  return location.origin + location.pathname;
}

export function createClient(options: ClientOptions, port: ClientPort): Client {
  const { api, key, lang } = options;
  const name = storageName(options);
  const ask: Ask = { lang, token: recall("localStorage", name) };
  let session: Promise<void> | undefined;

  function address(command: string): URL {
    return new URL(`w/v1/${encodeURIComponent(key)}/${command}`, api);
  }

  // A string body goes out as text/plain: a browser sends that across origins without a preflight.
  async function send(command: string, body: object, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(address(command), {
      method: "POST",
      body: JSON.stringify({ token: ask.token, ...body }),
      credentials: "omit",
      signal: signal ?? AbortSignal.timeout(COMMAND_LIMIT_MS),
    });
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  async function askForSession(): Promise<Response> {
    try {
      return await send("session", { ...ask, page: pageAddress() });
    } catch (error) {
      await overcome(error);
      return askForSession();
    }
  }

  // Throws what nobody can do anything about.
  async function overcome(error: unknown): Promise<void> {
    if (!isRefusal(error) || !error.challenge) throw error;
    ask.challenge = await port.challenged(error.challenge);
  }

  async function openSession(): Promise<void> {
    // Should none be had: who has gone leaves nothing behind.
    keep("localStorage", name, ask.token);
    const response = await askForSession();
    const opened = (await response.json()) as SessionInfo;
    const { token, conversation } = opened;
    Object.assign(ask, { token, conversation, inputs: undefined, challenge: undefined });
    keep("localStorage", name, token);
    port.opened(opened);
  }

  function forgetSession(): void {
    session = undefined;
  }

  function open(): Promise<void> {
    session ??= openSession().catch((error: unknown) => {
      forgetSession();
      throw error;
    });
    return session;
  }

  // A token that is refused is renewed once: one that is refused while it is new stays refused.
  async function request(
    command: string,
    body: () => object,
    signal?: AbortSignal,
    isRenewed = false,
  ): Promise<Response> {
    try {
      await open();
      return await send(command, body(), signal);
    } catch (error) {
      const isExpired = isRefusal(error) && error.status === 401 && !isAboutIdentity(error);
      if (isRenewed) throw error;
      if (!isExpired) await overcome(error);
      forgetSession();
      return request(command, body, signal, true);
    }
  }

  return { ask, address, open, request, forgetSession };
}
