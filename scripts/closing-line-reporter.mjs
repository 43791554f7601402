/**
 * A Jest reporter whose only output is the last line of a run: `N passed, N failed, N skipped`.
 * A test file that could not be run at all counts as one failure; `todo` counts as skipped.
 */
export default class ClosingLineReporter {
  /**
   * @param {unknown} _contexts
   * @param {Record<'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTodoTests' | 'numRuntimeErrorTestSuites', number>} results
   */
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    let line = `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`;
    const print = () => {
      process.stdout.write(line);
      line = '';
    };
    // Jest calls its own summary after every other reporter, in the same turn of the event loop: wait for the next one,
    // or for the end (--forceExit).
    setImmediate(print);
    process.once('exit', print);
  }
}
