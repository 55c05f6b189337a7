const panel = {
  en: {
    close: "Close",
    new: "New conversation",
    list: "Conversations",
    user: "You",
    bot: "Answer",
    placeholder: "Write a message…",
    send: "Send",
    stop: "Stop",
    retry: "Try again",
    unsent: "Not sent.",
    reconnecting: "Reconnecting…",
    thinking: "Thinking…",
    typing: "Someone is typing…",
    latest: "Latest messages",
  },
  vi: {
    close: "Đóng",
    new: "Cuộc trò chuyện mới",
    list: "Các cuộc trò chuyện",
    user: "Bạn",
    bot: "Câu trả lời",
    placeholder: "Nhập tin nhắn…",
    send: "Gửi",
    stop: "Dừng",
    retry: "Thử lại",
    unsent: "Chưa gửi được.",
    reconnecting: "Đang kết nối lại…",
    thinking: "Đang suy nghĩ…",
    typing: "Có người đang nhập…",
    latest: "Tin nhắn mới nhất",
  },
};

export interface Dictionary<Words> {
  en: Words;
  vi: Words;
}

type Words = Record<string, string>;
export type Texts = (typeof panel)["en"];

export function inLanguage<T>(texts: Dictionary<T>, lang: string): T {
  return /^vi\b/i.test(lang) ? texts.vi : texts.en;
}

export function directionOf(lang: string): "rtl" | "ltr" {
  return /^(ar|ckb|dv|fa|he|iw|ps|sd|ug|ur|yi)\b/i.test(lang) ? "rtl" : "ltr";
}

// Puts the words where elements say that they belong: it can be done anew at any time.
export function label(root: ParentNode, texts: object): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = (texts as Words)[element.dataset.text!]!;
    if ("placeholder" in element) element.placeholder = element.ariaLabel = text;
    else if ("disabled" in element) element.title = text;
    else element.textContent = text;
  }
}

export interface Glossary {
  // Always the words of now.
  readonly texts: Texts;
  // The words of a part that is loaded later.
  add<T extends Words>(dictionary: Dictionary<T>): T;
  use(lang: string, ...own: (Words | undefined)[]): void;
}

export function createGlossary(lang: string): Glossary {
  const dictionaries: Dictionary<Words>[] = [panel];
  const texts = {} as Words;
  let own: (Words | undefined)[] = [];

  function fill(): void {
    const built = dictionaries.map((dictionary) => inLanguage(dictionary, lang));
    Object.assign(texts, ...built, ...own);
  }

  fill();
  return {
    texts: texts as Texts,
    add<T extends Words>(dictionary: Dictionary<T>) {
      dictionaries.push(dictionary);
      fill();
      return texts as T;
    },
    use(to, ...words) {
      lang = to;
      own = words;
      fill();
    },
  };
}
