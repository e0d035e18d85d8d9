/**
 * One step of a copy that follows a table slowly, t <- m t + (1 - m) x: the momentum encoder of MoCo, the target of
 * BYOL. No gradient ever reaches the copy.
 * @param copy [R, width], in place
 * @param momentum m, in [0, 1]: 1 never moves, 0 is the table itself
 */
export function followTable(copy: Float32Array, table: Float32Array, momentum: number): void {
  for (let k = 0; k < copy.length; k++) {
    copy[k] = momentum * (copy[k] as number) + (1 - momentum) * (table[k] as number);
  }
}
