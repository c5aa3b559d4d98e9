/** A node of Spock as the simulated world has it, where it needs Spock's own names. */

/** Settings of Spock's own as it comes, and as this console asks for them: name, value, unit. */
export const simulatedSettings: [string, string, string | null][] = [
  ['spock.conflict_resolution', 'last_update_wins', null],
  ['spock.exception_behaviour', 'transdiscard', null],
  ['spock.save_resolutions', 'on', null],
  ['spock.enable_ddl_replication', 'on', null],
  ['spock.include_ddl_repset', 'on', null],
  ['spock.allow_ddl_from_functions', 'on', null],
  ['spock.readonly', 'off', null],
];

/** What a role does not see that may not read subscriptions. */
export const withoutSubscriptions = ['spock.subscription', 'spock.sub_show_status()'];

/** What a role does not see that may not read the addresses of nodes. */
export const ADDRESSES = 'spock.node_interface.if_dsn';
