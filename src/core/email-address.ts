export const emailLengthMax = 254;

/** As HTML's `<input type=email>` takes it: nothing in it ends a header line, a list or an address. */
const shape =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

/** Whether a text is one plain address, such as `ops@example.com`. */
export function isEmailAddress(text: string): boolean {
  return text.length <= emailLengthMax && shape.test(text);
}

/** By which two spellings of one address are told to be one: in lower case, as every server of today takes it. */
export function foldedEmail(email: string): string {
  return email.toLowerCase();
}
