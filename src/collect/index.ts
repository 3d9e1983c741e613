// Placeholder.
export const collect = 'blockfeed/collect';
