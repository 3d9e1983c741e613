// Placeholder.
import type { Platform } from './platform.ts';

export const platform: Platform = { name: navigator.userAgent };
