/**
 * The whole API in one table: mounted by server/http, called by src/api, answered by mocks, described by OpenAPI.
 * An endpoint that is added here fails the types of the server and of the mocks until both answer it.
 */
import { access } from './access.ts';
import { clusters } from './clusters.ts';
import { deploys } from './deploys.ts';
import { feed } from './feed.ts';
import { history } from './history.ts';
import { plans, runs } from './runs.ts';
import { system } from './system.ts';
import { tables } from './tables.ts';

export const contract = { system, access, clusters, tables, history, deploys, feed, plans, runs };
export type Contract = typeof contract;

/** Where the API stands on the server. */
export const API_PREFIX = '/api/v1';
