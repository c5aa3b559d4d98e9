/** A table whose rows are compared between nodes. */

/** Columns by name, since their order may differ between the nodes. */
export interface ComparedTable {
  schema: string;
  table: string;
  columns: string[];
  /** Only rows with this are compared: SQL over the table's columns, a row filter of the provider's. Null: all. */
  filter?: string | null;
}
