import pLimit from 'p-limit';

/** That many at once from one process: what the smallest node answers side by side without one being late. */
export const MAX_CONNECTIONS = 32;

/**
 * What probes run under, all gates and surveys of this process together: a roll-out has a gate for each node, and what one of them is late
 * with would be taken for a node that does not serve. Never one within another, which would wait for itself.
 */
export const connections = pLimit(MAX_CONNECTIONS);

/** So many agents are asked at once, each by a connection that stays until it has told all: twice as many, since one that is silent keeps its place. */
export const MAX_AGENTS_AT_ONCE = 2 * MAX_CONNECTIONS;

/** What a survey asks agents under. Never one within another. */
export const agentsAtOnce = pLimit(MAX_AGENTS_AT_ONCE);
