const launcher = {
  en: { open: "Open chat", close: "Close chat" },
  vi: { open: "Mở khung trò chuyện", close: "Đóng khung trò chuyện" },
};

const en = {
  close: "Close",
  fresh: "New conversation",
  user: "You",
  bot: "Answer",
  placeholder: "Write a message…",
  send: "Send",
  stop: "Stop",
  retry: "Try again",
  unsent: "Not sent.",
  reconnecting: "Reconnecting…",
  thinking: "Thinking…",
  sources: "Sources",
};

export type Texts = typeof en;

const vi: Texts = {
  close: "Đóng",
  fresh: "Cuộc trò chuyện mới",
  user: "Bạn",
  bot: "Câu trả lời",
  placeholder: "Nhập tin nhắn…",
  send: "Gửi",
  stop: "Dừng",
  retry: "Thử lại",
  unsent: "Chưa gửi được.",
  reconnecting: "Đang kết nối lại…",
  thinking: "Đang suy nghĩ…",
  sources: "Nguồn",
};

function inLanguage<T>(texts: { en: T; vi: T }, lang: string): T {
  return /^vi\b/i.test(lang) ? texts.vi : texts.en;
}

export function launcherTexts(lang: string): { open: string; close: string } {
  return inLanguage(launcher, lang);
}

export function panelTexts(lang: string): Texts {
  return inLanguage({ en, vi }, lang);
}
