/** Adds the scorer "index-order": with a tiny weight, ties go to the instance with the lowest index. */
export default function indexOrder() {
  return {
    scorers: {
      'index-order': {
        score: (_request, instances) => instances.map((_, place) => 1 - place / instances.length),
      },
    },
  };
}
