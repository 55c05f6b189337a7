import { loadToken, saveToken } from "./storage";
import type { SessionInfo } from "./wire";

const COMMAND_LIMIT_MS = 30_000;

// The gateway's no, in the person's language.
export interface Refusal extends Error {
  readonly status: number;
  readonly waitMs: number;
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && "status" in error;
}

// Not to be asked again: this site or person is not welcome.
export function isFinal(error: unknown): error is Refusal {
  return isRefusal(error) && (error.status === 403 || error.status === 404);
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { status, headers } = response;
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  return Object.assign(new Error(message), {
    status,
    waitMs: Number(headers.get("Retry-After")) * 1000,
  });
}

export interface Client {
  // The next request asks for a session before anything else.
  forgetSession(): void;
  request(command: string, body: () => object, signal?: AbortSignal): Promise<Response>;
}

export interface ClientOptions {
  api: string;
  key: string;
  lang: string;
}

// Without the query: it may hold what is not the gateway's business.
export function pageAddress(): string {
  return location.origin + location.pathname;
}

export function createClient(
  { api, key, lang }: ClientOptions,
  onSession: (session: SessionInfo) => void,
): Client {
  const tokenName = `chat-gateway:${api}:${key}`;
  let token = loadToken(tokenName);
  let session: Promise<void> | undefined;

  // A string body goes out as text/plain: a browser sends that across origins without a preflight.
  async function send(command: string, body: object, signal?: AbortSignal): Promise<Response> {
    const url = new URL(`w/v1/${encodeURIComponent(key)}/${command}`, api);
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify({ ...body, token }),
      credentials: "omit",
      signal: signal ?? AbortSignal.timeout(COMMAND_LIMIT_MS),
    });
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  async function openSession(): Promise<void> {
    const response = await send("session", { lang, page: pageAddress() });
    const opened = (await response.json()) as SessionInfo;
    token = opened.token;
    saveToken(tokenName, token);
    onSession(opened);
  }

  function forgetSession(): void {
    session = undefined;
  }

  // A token that is refused is renewed once: one that is refused while it is new stays refused.
  async function request(
    command: string,
    body: () => object,
    signal?: AbortSignal,
    isRenewed = false,
  ): Promise<Response> {
    // However many ask for it, one session is opened.
    session ??= openSession().catch((error: unknown) => {
      forgetSession();
      throw error;
    });
    await session;
    try {
      return await send(command, body(), signal);
    } catch (error) {
      if (isRenewed || !isRefusal(error) || error.status !== 401) throw error;
      forgetSession();
      return request(command, body, signal, true);
    }
  }

  return { request, forgetSession };
}
