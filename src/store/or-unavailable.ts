import { StoreUnavailableError } from '../core/ports.js';

/** How long a call waits for the store before it is turned away. */
const answerMsMax = 5_000;

/** Whatever keeps the store from answering in time is the store being away. @throws StoreUnavailableError */
export async function orUnavailable<T>(asking: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('It did not answer in time.')), answerMsMax);
  });
  try {
    return await Promise.race([asking, patience]);
  } catch (error) {
    throw new StoreUnavailableError('The store cannot be asked.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
