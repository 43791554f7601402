import { accessEndCsv, accessHeadCsv, accessIdleCsv, keyAccessCsv } from './access-csv.js';
import { accessEndHtml, accessHeadHtml, keyAccessHtml } from './access-html.js';
import type { AccessRegisterHead, KeyAccessResponse, RegisterFormat } from './registers.dto.js';

/** How a register of access is written: its head, each key as it is ready, and its end, without which it is not whole. */
export interface AccessFormat {
  head(head: AccessRegisterHead): string;
  key(key: KeyAccessResponse, isFirst: boolean): string;
  end(keyCount: number): string;
  /** A text that means nothing. */
  readonly idle: string;
}

export const accessFormats: Readonly<Record<RegisterFormat, AccessFormat>> = {
  json: {
    head: (head) => `${JSON.stringify(head).slice(0, -1)},"keys":[`,
    key: (key, isFirst) => `${isFirst ? '' : ','}\n${JSON.stringify(key)}`,
    end: (keyCount) => `\n],"keyCount":${keyCount}}\n`,
    idle: '\n',
  },
  csv: { head: accessHeadCsv, key: keyAccessCsv, end: accessEndCsv, idle: accessIdleCsv },
  html: { head: accessHeadHtml, key: keyAccessHtml, end: accessEndHtml, idle: '\n' },
};
