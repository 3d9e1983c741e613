// Prints `N passed, N failed` from the JSON report of Vitest named on the command line, for a runner to read. A test
// file that broke before its first test counts as one failed; a report that is missing or has no test is an error.
import { readFileSync } from 'node:fs';

const reportPath = process.argv[2];
if (reportPath === undefined) throw new Error('usage: node scripts/test-totals.mjs REPORT.json');

/** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
).length;
const failed = report.numFailedTests + brokenFiles;

console.log(`${report.numPassedTests} passed, ${failed} failed`);
if (failed > 0 || report.numPassedTests === 0) process.exitCode = 1;
