package rig;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The tools beside the broker: create the topic, produce, compare what was produced and finished. */
public class Tool {
  private static final String USAGE =
      """
      topic BOOTSTRAP TOPIC PARTITIONS
      produce BOOTSTRAP TOPIC PARTITIONS RECORD_BYTES RATE_FILE
      truth BOOTSTRAP TOPIC PARTITIONS DIRECTORY RECORD_BYTES EVERY_MS
      truth-coverage BOOTSTRAP TOPIC PARTITIONS DIRECTORY""";

  /** Exits with 1 for an incomplete coverage and nothing else, with 2 for all that goes wrong. */
  public static void main(String[] args) {
    try {
      run(args);
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(2);
    }
  }

  private static void run(String[] args) throws Exception {
    String bootstrap = args[1];
    String topic = args[2];
    int partitions = Integer.parseInt(args[3]);
    switch (args[0]) {
      case "topic" -> createTopic(bootstrap, topic, partitions);
      case "produce" ->
          produce(bootstrap, topic, partitions, Integer.parseInt(args[4]), Path.of(args[5]));
      case "truth" -> {
        try (var ends = new Ends(bootstrap, topic, partitions)) {
          Watch.run(ends, Path.of(args[4]), partitions, Integer.parseInt(args[5]), Long.parseLong(args[6]));
        }
      }
      case "truth-coverage" -> {
        try (var ends = new Ends(bootstrap, topic, partitions)) {
          System.exit(Coverage.run(ends, Path.of(args[4]), partitions) ? 0 : 1);
        }
      }
      default -> throw new IllegalArgumentException("not one of\n" + USAGE);
    }
  }

  /** Waits up to a minute for the broker, so it is also how to wait for one that was just started. */
  private static void createTopic(String bootstrap, String topic, int partitions) throws Exception {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "reconnect.backoff.max.ms", 200);
    try (Admin admin = Admin.create(settings)) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }
  }

  /** Round robin over the partitions; the rate (records/s, 0 pauses) is read again at every tick. */
  private static void produce(
      String bootstrap, String topic, int partitions, int recordBytes, Path rateFile) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", bootstrap,
            "linger.ms", 20,
            "buffer.memory", 16 << 20,
            // a stopped broker is part of the tests: wait for it, give nothing up
            "max.block.ms", Long.MAX_VALUE,
            "delivery.timeout.ms", Integer.MAX_VALUE);
    byte[] value = new byte[recordBytes - Long.BYTES];
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      double due = 0;
      long then = System.nanoTime();
      for (long sent = 0; ; ) {
        Thread.sleep(50);
        long now = System.nanoTime();
        // what a blocked producer missed for more than a second is not made up for in one burst
        due += Double.parseDouble(Files.readString(rateFile).trim()) * Math.min(1, (now - then) / 1e9);
        then = now;
        for (; due >= 1; due--, sent++) {
          byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(sent).array();
          producer.send(new ProducerRecord<>(topic, (int) (sent % partitions), key, value));
        }
      }
    }
  }
}
