declare const counted: unique symbol;

/** A number that counts one kind of thing; no other index, and no plain number, is taken for it. */
type Index<Of extends string> = number & { readonly [counted]: Of };

/** A row of the request table. */
export type Row = Index<'row'>;
/** A request in the engine; a disaggregated row has several. */
export type RequestIndex = Index<'request'>;
/** A place in the running batch of an instance. */
export type Slot = Index<'slot'>;
/** A KV block of an instance, numbered from 1. */
export type Block = Index<'block'>;

/** None of them. */
export const NO_REQUEST = -1 as RequestIndex;
export const NO_BLOCK = 0 as Block;
