package rig;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Writes down what was really finished, to compare with what metrics say.
 *
 * <p>{@code -Drig.truth=FILE} names the file; without it nothing is written. One line per quarter of a
 * second in which something was finished, at the end of a bundle, and at SIGTERM:
 *
 * <pre>{"t":1700000000250,"position":{"3":[1204,1700000000249]},"finished":{"3":[[1200,1204]]}}</pre>
 *
 * <p>position: per partition, the offset after the last record finished, and when that was;
 * finished: per partition, the ranges of offsets since the line before, in order, the end excluded.
 */
final class Truth {
  private static final long EVERY_MILLIS = 250;
  private static final TreeMap<Integer, Partition> PARTITIONS = new TreeMap<>();
  private static final OutputStream FILE = open(System.getProperty("rig.truth"));

  static {
    Thread writer = new Thread(Truth::writeForever, "truth");
    writer.setDaemon(true);
    if (FILE != null) writer.start();
    if (FILE != null) Runtime.getRuntime().addShutdownHook(new Thread(Truth::write));
  }

  private static final class Partition {
    final List<long[]> ranges = new ArrayList<>();
    long finishedMillis;
  }

  static synchronized void finished(int partition, long offset) {
    if (FILE == null) return;
    Partition p = PARTITIONS.computeIfAbsent(partition, ignored -> new Partition());
    p.finishedMillis = System.currentTimeMillis();
    long[] last = p.ranges.isEmpty() ? null : p.ranges.get(p.ranges.size() - 1);
    if (last != null && last[1] == offset) last[1]++;
    else p.ranges.add(new long[] {offset, offset + 1});
  }

  /** In one write, so that a process that is killed leaves whole lines. */
  static synchronized void write() {
    if (PARTITIONS.isEmpty()) return;
    try {
      FILE.write(line().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("write the truth file", e);
    }
    PARTITIONS.clear();
  }

  private static String line() {
    StringBuilder position = new StringBuilder(), finished = new StringBuilder();
    PARTITIONS.forEach(
        (number, p) -> {
          String key = (position.isEmpty() ? "\"" : ",\"") + number + "\":[";
          long[] last = p.ranges.get(p.ranges.size() - 1);
          position.append(key).append(last[1]).append(',').append(p.finishedMillis).append(']');
          finished.append(key);
          for (long[] range : p.ranges) {
            if (range != p.ranges.get(0)) finished.append(',');
            finished.append('[').append(range[0]).append(',').append(range[1]).append(']');
          }
          finished.append(']');
        });
    return "{\"t\":" + System.currentTimeMillis()
        + ",\"position\":{" + position + "},\"finished\":{" + finished + "}}\n";
  }

  private static OutputStream open(String file) {
    if (file == null) return null;
    try {
      return new FileOutputStream(file, true);
    } catch (IOException e) {
      throw new UncheckedIOException("open the truth file", e);
    }
  }

  private static void writeForever() {
    try {
      while (true) {
        Thread.sleep(EVERY_MILLIS);
        write();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
