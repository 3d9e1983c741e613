// A study's result for people and for other programs: a table for the terminal, and files.
import { writeFiles } from '../files.ts';
import type { StudyResult } from '../result.ts';
import { fitColumns, measurementColumns } from './columns.ts';
import { csv } from './csv.ts';
import { reportPage } from './html.ts';

export { reportTable } from './table.ts';

/**
 * Writes result.json, measurements.csv, fits.csv and report.html into the directory, and makes it if needed. Files of
 * these names are replaced. Resolves with their paths. Rejects with `storage`.
 */
export async function writeReport(result: StudyResult, directory: string): Promise<string[]> {
  return await writeFiles(directory, {
    'result.json': `${JSON.stringify(result)}\n`,
    'measurements.csv': csv(measurementColumns, result.measurements),
    'fits.csv': csv(fitColumns, result.fits),
    'report.html': await reportPage(result),
  });
}
