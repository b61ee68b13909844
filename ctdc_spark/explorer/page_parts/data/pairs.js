// Which values of two charts a view has room for.

/** The most frequent of some attributes, in their given order: attributes of a chart are numbered by count.
 * @param {number[]} ids @param {number} most */
export function keepLargest(ids, most) {
  if (ids.length <= most) return ids;
  const border = [...ids].sort((one, other) => one - other)[most];
  return ids.filter((id) => id < border);
}
