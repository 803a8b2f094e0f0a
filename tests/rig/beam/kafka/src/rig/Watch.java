package rig;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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

  /** Until the directory is gone or another one, that is, until the rig is down. */
  static void run(Ends ends, Path directory, int partitions, int recordBytes, long everyMillis)
      throws Exception {
    Watch watch = new Watch(partitions);
    Lines lines = new Lines(directory);
    Path settings = directory.resolve("settings"); // written once, when the rig comes up
    var since = Files.getLastModifiedTime(settings);
    long next = System.currentTimeMillis();
    try {
      while (Files.getLastModifiedTime(settings).equals(since)) {
        long now = System.currentTimeMillis();
        lines.forEachNew(watch::remember);
        System.out.println(watch.line(now, ends.ask(), recordBytes));
        System.out.flush();
        next = Math.max(next + everyMillis, now); // late looks are left out, not made up for
        Thread.sleep(Math.max(0, next - System.currentTimeMillis()));
      }
    } catch (NoSuchFileException e) {
      // down, there is nothing left to look at
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
    Long produced = end == null ? null : Arrays.stream(end).sum();
    Long backlog = end == null ? null : produced - Arrays.stream(position).sum();
    return "{\"t\":" + now
        + ",\"end\":" + json(end)
        + ",\"position\":" + json(position)
        + ",\"backlog_elements\":" + backlog
        + ",\"backlog_bytes\":" + (backlog == null ? null : backlog * recordBytes)
        + ",\"produced\":" + produced + "}";
  }

  private static String json(long[] values) {
    return Arrays.toString(values).replace(" ", "");
  }
}
