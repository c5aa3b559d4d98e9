/** The schema of a simulated node: its tables and their columns. */
import type { ObservedSchema } from '#core/model/observed.ts';
import type { SimNode } from './model.ts';

export function schemaOf(node: SimNode): ObservedSchema {
  return {
    schemas: [],
    extensions: [],
    enums: [],
    sequences: [],
    settings: {},
    tables: node.tables
      // Names of the hostile world would have to be quoted: the world's DDL knows plain ones.
      .filter(({ schema, name }) => /^\w+$/.test(schema + name))
      .map(({ schema, name, columns, key }) => ({
        name: `${schema}.${name}`,
        persistence: 'p',
        partitionBy: null,
        partitionOf: null,
        bound: null,
        columns: columns.map((text) => {
          const [column = '', ...type] = text.split(' ');
          return {
            name: column,
            type: type.join(' '),
            notNull: false,
            default: null,
            generated: null,
            identity: null,
            collation: null,
          };
        }),
        constraints:
          key.length === 0
            ? []
            : [{ name: `${name}_pkey`, kind: 'p', definition: `PRIMARY KEY (${key.join(', ')})` }],
        indexes: [],
      })),
  };
}
