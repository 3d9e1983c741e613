// Placeholder.
import { platform } from '#platform';

export const name: string = platform.name;
