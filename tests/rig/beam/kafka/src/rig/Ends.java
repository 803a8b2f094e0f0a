package rig;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/** The end offsets of a topic, as the broker tells them. */
final class Ends implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 1000;

  private final Admin admin;
  private final Map<TopicPartition, OffsetSpec> question = new HashMap<>();

  Ends(String bootstrap, String topic, int partitions) {
    admin =
        Admin.create(
            Map.of(
                "bootstrap.servers", bootstrap,
                "request.timeout.ms", TIMEOUT_MILLIS,
                "default.api.timeout.ms", TIMEOUT_MILLIS,
                "reconnect.backoff.max.ms", 200));
    for (int p = 0; p < partitions; p++) {
      question.put(new TopicPartition(topic, p), OffsetSpec.latest());
    }
  }

  /** By partition; null when the broker does not answer in time. */
  long[] ask() throws Exception {
    long[] ends = new long[question.size()];
    try {
      admin.listOffsets(question).all().get()
          .forEach((partition, end) -> ends[partition.partition()] = end.offset());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RetriableException) return null; // a timeout is one
      throw e;
    }
    return ends;
  }

  /** As {@link #ask}, but a broker that is slow because much starts at once gets ten times as long. */
  long[] insist() throws Exception {
    for (int i = 0; i < 10; i++) {
      long[] ends = ask();
      if (ends != null) return ends;
    }
    throw new IllegalStateException("the broker does not answer: is it paused?");
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}
