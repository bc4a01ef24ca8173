/** Limits how many sheddable requests of a tenant may be in the cluster at once. */
export class TenantBudgets {
  readonly #limits: Float64Array;
  readonly #inFlight: Int32Array;

  /**
   * @param tenants - tenant names in table order; '' is never limited
   * @param shares - tenant → share of the cluster's slots, in [0, 1]
   * @param slots - instances × sequences per instance
   */
  constructor(tenants: readonly string[], shares: Readonly<Record<string, number>>, slots: number) {
    const capacity = Math.max(1, slots);
    this.#limits = new Float64Array(tenants.length).fill(Number.POSITIVE_INFINITY);
    this.#inFlight = new Int32Array(tenants.length);
    tenants.forEach((tenant, index) => {
      if (tenant !== '' && Object.hasOwn(shares, tenant)) this.#limits[index] = shares[tenant]! * capacity;
    });
  }

  /** Whether admission must turn this request away before any policy is asked. */
  sheds(tenant: number, priority: number): boolean {
    return priority < 0 && this.#inFlight[tenant]! > this.#limits[tenant]!;
  }

  routed(tenant: number): void {
    this.#inFlight[tenant]!++;
  }

  /** A request of the tenant left its instance: completed, capped, timed out, dropped or evicted. */
  ended(tenant: number): void {
    if (this.#inFlight[tenant]! > 0) this.#inFlight[tenant]!--;
  }
}
