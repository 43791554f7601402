import { readShared } from './shared-data.js';

/**
 * A sentence of the contract and what stands behind it: the tests that show it, each as `<file>: <part of its title>`; or why it
 * promises nothing.
 */
export type Promised = { readonly says: string } & (
  { readonly shownBy: readonly string[] } | { readonly promisesNothing: string }
);

export const contractFile = 'contract.md';

/** The sentences of each section of the contract, in their order. Section 0 is what stands before the first. */
export function readContract(): string[][] {
  const sections = readShared(contractFile).split(/^## (?=\d+\. )/m);
  return sections.map((text, number) => {
    if (number > 0 && !text.startsWith(`${number}. `)) {
      throw new Error(`section ${number} of the contract begins with "${text.slice(0, 20)}"`);
    }
    return sentencesOf(number === 0 ? text : text.slice(text.indexOf('\n')));
  });
}

/** Headings and the heads of tables are none; a block of code is one. */
export function sentencesOf(markdown: string): string[] {
  const blocks = markdown
    .replace(/^\|.*\n\|[-|: ]+\|$/gm, '') // the head of a table
    .replace(/^#.*$/gm, '')
    .split(/(^```[^]*?^```$|^\|.*$|^- |\n\s*\n)/m); // code, a row, the start of a bullet, the end of a paragraph
  return blocks.flatMap((block) => {
    const text = block.replace(/\s+/g, ' ').trim();
    if (text === '-') return [];
    if (text.startsWith('```')) return [text];
    return splitAtSentenceEnds(text.replace(/^\| | ?\|$/g, ''));
  });
}

const pieces = /`[^`]*`|"[^"]*"|(?<end>[.!?]\**(?= [^|]))|[^]/gu;

/** A full stop inside code, quotes or parentheses, ends nothing. */
function splitAtSentenceEnds(text: string): string[] {
  const sentences = [''];
  let depth = 0;
  for (const { 0: piece, groups } of text.matchAll(pieces)) {
    if (piece === '(') depth += 1;
    if (piece === ')') depth -= 1;
    sentences[sentences.length - 1] += piece;
    if (depth === 0 && groups?.['end'] !== undefined) sentences.push('');
  }
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
}
