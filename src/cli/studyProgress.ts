// Shows on stderr how far a study is: a bar on a terminal, else a line now and then.

import { formatMinutes } from '../protocol/units.ts';
import type { StudyProgress } from '../study/study.ts';
import { say, styled, talk } from './output.ts';
import { count } from './status.ts';

const lineEveryMs = 10_000;
const barColumns = 24;

export class ProgressLine {
  readonly #isLive: boolean = process.stderr.isTTY === true;
  #isShown = false;
  #saidMs = performance.now();

  show(progress: StudyProgress): void {
    const { runsDone, runs, runsAgain, leftMicros, point } = progress;
    const rate = point.rate === 'max' ? 'full speed' : `${point.rate}/s`;
    const now = `${point.delivery} delivery, size ${point.size}, ${count(point.clients, 'client')}, ${rate}`;
    const again = runsAgain === 0 ? '' : ` (${runsAgain} disturbed, to be made again)`;
    const line = `${runsDone}/${runs} runs${again}, ${formatMinutes(leftMicros)} left: ${now}`;
    if (!this.#isLive) {
      if (performance.now() - this.#saidMs < lineEveryMs) return;
      this.#saidMs = performance.now();
      return say(line);
    }
    const filled = Math.round((runsDone / Math.max(1, runs)) * barColumns);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barColumns - filled)}`;
    this.clear();
    const columns = process.stderr.columns ?? 80;
    this.#isShown = talk.show(styled(process.stderr, 'dim', `${bar} ${line}`.slice(0, columns - 1)));
  }

  clear(): void {
    if (!this.#isShown) return;
    talk.write('\r\u001b[2K');
    this.#isShown = false;
  }
}
