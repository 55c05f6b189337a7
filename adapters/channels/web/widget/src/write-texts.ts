const en = {
  attach: "Add files",
  limits: "Up to {count} files, {size} each",
  removeFile: "Remove {name}",
  uploading: "A file is still on its way.",
  tooMany: "Not more than {count} files at once.",
  tooLarge: "Larger than {size}.",
  wrongKind: "Files of this kind are not taken.",
  failed: "It could not be uploaded.",
  uploaded: "{name} was added.",
  drop: "Drop files here",
  record: "Record a voice message",
  recording: "Recording",
  cancelRecording: "Discard the recording",
  sendRecording: "Send the recording",
  noMicrophone: "The microphone cannot be used.",
  left: "{count} characters left",
};

export type WriteTexts = typeof en;

const vi: WriteTexts = {
  attach: "Thêm tệp",
  limits: "Tối đa {count} tệp, mỗi tệp {size}",
  removeFile: "Bỏ {name}",
  uploading: "Một tệp vẫn đang được tải lên.",
  tooMany: "Không quá {count} tệp một lần.",
  tooLarge: "Lớn hơn {size}.",
  wrongKind: "Không nhận loại tệp này.",
  failed: "Không tải lên được.",
  uploaded: "Đã thêm {name}.",
  drop: "Thả tệp vào đây",
  record: "Ghi âm tin nhắn thoại",
  recording: "Đang ghi âm",
  cancelRecording: "Bỏ bản ghi âm",
  sendRecording: "Gửi bản ghi âm",
  noMicrophone: "Không dùng được micrô.",
  left: "Còn {count} ký tự",
};

export const writeTexts = { en, vi };

export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => `${values[name]}`);
}
