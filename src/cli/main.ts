#!/usr/bin/env node
// Placeholder.
import { collect } from '../collect/index.ts';
import { name } from '../index.ts';
import { server } from '../server/index.ts';

process.stdout.write(`${name} ${server} ${collect}\n`);
