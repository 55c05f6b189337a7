const en = {
  sources: "Sources",
  steps: "Steps",
  copy: "Copy",
  copied: "Copied",
  notCopied: "This browser does not let it be copied.",
  regenerate: "Answer again",
  like: "Good answer",
  dislike: "Bad answer",
  comment: "What was good or bad about it? (optional)",
  sendComment: "Send",
  skip: "Skip",
  thanks: "Thank you.",
  expired: "This is no longer open.",
  download: "Download",
};

export type MoreTexts = typeof en;

const vi: MoreTexts = {
  sources: "Nguồn",
  steps: "Các bước",
  copy: "Sao chép",
  copied: "Đã sao chép",
  notCopied: "Trình duyệt này không cho phép sao chép.",
  regenerate: "Trả lời lại",
  like: "Câu trả lời hay",
  dislike: "Câu trả lời chưa tốt",
  comment: "Điều gì tốt hoặc chưa tốt? (không bắt buộc)",
  sendComment: "Gửi",
  skip: "Bỏ qua",
  thanks: "Cảm ơn bạn.",
  expired: "Mục này đã đóng.",
  download: "Tải xuống",
};

export const moreTexts = { en, vi };
