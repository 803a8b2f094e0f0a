package rig;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Proves that every record was finished at least once, or shows which were not. */
final class Coverage {
  private final List<long[]> ranges = new ArrayList<>();
  private final List<long[]> gaps = new ArrayList<>();
  private long finished;
  private long distinct;

  /** Prints one JSON line; true when nothing is missing. */
  static boolean run(Ends ends, Path directory, int partitions) throws Exception {
    long[] end = ends.insist();
    Coverage[] all = new Coverage[partitions];
    for (int p = 0; p < partitions; p++) all[p] = new Coverage();
    new Lines(directory)
        .forEachNew(
            line ->
                line.get("finished").fields().forEachRemaining(
                    entry -> entry.getValue().forEach(
                        range -> all[Integer.parseInt(entry.getKey())].ranges.add(
                            new long[] {range.get(0).asLong(), range.get(1).asLong()}))));
    for (int p = 0; p < partitions; p++) all[p].compare(end[p]);
    System.out.println(json(all, end));
    return List.of(all).stream().allMatch(c -> c.gaps.isEmpty());
  }

  /** Sweeps over the ranges in order of their starts; what no range has reached yet is a gap. */
  private void compare(long end) {
    ranges.sort(Comparator.comparingLong(range -> range[0]));
    long reached = 0;
    for (long[] range : ranges) {
      // produced after the end was asked
      long from = Math.min(range[0], end), to = Math.min(range[1], end);
      if (from > reached) gaps.add(new long[] {reached, from});
      finished += to - from;
      distinct += Math.max(0, to - Math.max(from, reached));
      reached = Math.max(reached, to);
    }
    if (end > reached) gaps.add(new long[] {reached, end});
  }

  private static String json(Coverage[] all, long[] end) {
    StringBuilder partitions = new StringBuilder();
    long records = 0, finished = 0, distinct = 0;
    for (int p = 0; p < all.length; p++) {
      Coverage c = all[p];
      partitions.append(p == 0 ? "" : ",").append(
          "{\"partition\":%d,\"records\":%d,\"finished\":%d,\"replayed\":%d,\"gaps\":%s}"
              .formatted(p, end[p], c.finished, c.finished - c.distinct, json(c.gaps)));
      records += end[p];
      finished += c.finished;
      distinct += c.distinct;
    }
    return "{\"complete\":%b,\"records\":%d,\"missing\":%d,\"finished\":%d,\"replayed\":%d,\"partitions\":[%s]}"
        .formatted(distinct == records, records, records - distinct, finished, finished - distinct, partitions);
  }

  private static String json(List<long[]> ranges) {
    List<String> texts = new ArrayList<>();
    for (long[] range : ranges) texts.add("[" + range[0] + "," + range[1] + "]");
    return "[" + String.join(",", texts) + "]";
  }
}
