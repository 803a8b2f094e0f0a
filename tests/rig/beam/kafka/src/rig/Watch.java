package rig;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Prints the true backlog again and again, one JSON line per look. */
final class Watch {
  private final long[] position;
  private final long[] positionMillis;

  private Watch(int partitions) {
    position = new long[partitions];
    positionMillis = new long[partitions];
  }

  /** Until the directory is gone, that is, until the rig is down. */
  static void run(Ends ends, Path directory, int partitions, int recordBytes, long everyMillis)
      throws Exception {
    Watch watch = new Watch(partitions);
    Lines lines = new Lines(directory);
    for (long next = System.currentTimeMillis(); Files.isDirectory(directory); ) {
      long now = System.currentTimeMillis();
      lines.forEachNew(watch::remember);
      System.out.println(watch.line(now, ends.ask(), recordBytes));
      System.out.flush();
      next = Math.max(next + everyMillis, now); // late looks are left out, not made up for
      Thread.sleep(Math.max(0, next - System.currentTimeMillis()));
    }
  }

  /** The newest by time: after a restore a partition is further back, perhaps on another TaskManager. */
  private void remember(JsonNode line) {
    line.get("position")
        .fields()
        .forEachRemaining(
            entry -> {
              int partition = Integer.parseInt(entry.getKey());
              long millis = entry.getValue().get(1).asLong();
              if (millis < positionMillis[partition]) return;
              position[partition] = entry.getValue().get(0).asLong();
              positionMillis[partition] = millis;
            });
  }

  private String line(long now, long[] end, int recordBytes) {
    String known = "{\"t\":" + now + ",\"position\":" + json(position) + ",\"end\":";
    if (end == null) {
      return known + "null,\"backlog_elements\":null,\"backlog_bytes\":null,\"produced\":null}";
    }
    long produced = Arrays.stream(end).sum();
    long backlog = produced - Arrays.stream(position).sum();
    return known + json(end) + ",\"backlog_elements\":" + backlog
        + ",\"backlog_bytes\":" + backlog * recordBytes + ",\"produced\":" + produced + "}";
  }

  private static String json(long[] values) {
    return Arrays.toString(values).replace(" ", "");
  }
}
