/** Takes out of a text what names a person: phone, identity and card numbers, mail addresses, plates. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '***@***'],
  [/(?<!\d)(\d{3})\d{11}(\d{3}[\dXx])(?!\d)/g, '$1***********$2'],
  [/(?<!\d)(1[3-9]\d)[\s-]?\d{4}[\s-]?(\d{4})(?!\d)/g, '$1****$2'],
  [/(?<!\d)(0\d{2,3})[\s-]?\d{3,4}(\d{4})(?!\d)/g, '$1****$2'],
  [/(?<!\d)\d{12,19}(?!\d)/g, '****'],
  [
    /([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z])[·\s]?[A-Z0-9]{3,4}([A-Z0-9]{2})/g,
    '$1***$2',
  ],
];

export function maskText(text: string): string {
  return MASKS.reduce((masked, [pattern, by]) => masked.replace(pattern, by), text);
}

/** 138****0000: enough for its owner to know it again. */
export function maskPhone(phone: string): string {
  return phone.length < 7 ? '****' : `${phone.slice(0, 3)}****${phone.slice(-4)}`;
}

/** 王**: the family name stays. */
export function maskName(name: string): string {
  return `${[...name][0] ?? ''}**`;
}
