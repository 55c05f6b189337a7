const en = {
  submit: "Send",
  pick: "Please choose",
  required: "Please fill this in.",
  mustTick: "Please tick this.",
  badEmail: "This is not an e-mail address.",
  badUrl: "This is not a web address: it begins with https://",
  badNumber: "This is not a number.",
};

export type FormTexts = typeof en;

const vi: FormTexts = {
  submit: "Gửi",
  pick: "Vui lòng chọn",
  required: "Vui lòng điền mục này.",
  mustTick: "Vui lòng đánh dấu mục này.",
  badEmail: "Đây không phải là địa chỉ email.",
  badUrl: "Đây không phải là địa chỉ web: hãy bắt đầu bằng https://",
  badNumber: "Đây không phải là số.",
};

export const formTexts = { en, vi };
