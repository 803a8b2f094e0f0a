package rig;

import java.util.Map;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.joda.time.Duration;

/** Kafka, a step that costs CPU and time per record, a shuffle into windows, and a sink that counts. */
public class Job {
  public interface Options extends FlinkPipelineOptions {
    String getBootstrap();
    void setBootstrap(String servers);

    @Default.String("events")
    String getTopic();
    void setTopic(String topic);

    @Description("CPU time that one record costs")
    @Default.Integer(200)
    int getCpuMicros();
    void setCpuMicros(int micros);

    @Description("time that one record costs beyond its CPU time")
    @Default.Integer(800)
    int getWaitMicros();
    void setWaitMicros(int micros);
  }

  public static void main(String[] args) {
    Options options = PipelineOptionsFactory.fromArgs(args).withValidation().as(Options.class);
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(
            "ReadEvents",
            KafkaIO.<byte[], byte[]>read()
                .withBootstrapServers(options.getBootstrap())
                .withTopic(options.getTopic())
                .withKeyDeserializer(ByteArrayDeserializer.class)
                .withValueDeserializer(ByteArrayDeserializer.class)
                .withConsumerConfigUpdates(
                    Map.of(
                        // a first start reads everything: coverage is counted from offset 0
                        "auto.offset.reset", "earliest",
                        // fetching every few records would cost more CPU than the records do
                        "fetch.min.bytes", 50_000,
                        "fetch.max.wait.ms", 250)))
        .apply("Work", ParDo.of(new Work(options.getCpuMicros(), options.getWaitMicros())))
        .apply("Window", Window.into(FixedWindows.of(Duration.standardSeconds(10))))
        .apply("CountPerPartition", Count.perKey())
        .apply("Sink", ParDo.of(new Sink()));
    pipeline.run();
  }

  /** Pays for every record and tells the truth file about it. */
  static class Work extends DoFn<KafkaRecord<byte[], byte[]>, KV<Integer, Long>> {
    private final int cpuMicros;
    private final int waitMicros;
    private final Counter worked = Metrics.counter("rig", "worked");
    private transient Cost cost;

    Work(int cpuMicros, int waitMicros) {
      this.cpuMicros = cpuMicros;
      this.waitMicros = waitMicros;
    }

    @Setup
    public void setup() {
      cost = new Cost(cpuMicros, waitMicros);
    }

    @ProcessElement
    public void process(
        @Element KafkaRecord<byte[], byte[]> record, OutputReceiver<KV<Integer, Long>> out)
        throws InterruptedException {
      cost.pay();
      worked.inc();
      out.output(KV.of(record.getPartition(), record.getOffset()));
      Truth.finished(record.getPartition(), record.getOffset());
    }

    /**
     * Flink takes no checkpoint within a bundle, so a record that a checkpoint holds is in the truth
     * file before. What kill -9 keeps from being written is therefore read again, and no gap is left.
     */
    @FinishBundle
    public void finishBundle() {
      Truth.write();
    }
  }

  static class Sink extends DoFn<KV<Integer, Long>, Void> {
    private final Counter counted = Metrics.counter("rig", "counted");

    @ProcessElement
    public void process(@Element KV<Integer, Long> count) {
      counted.inc(count.getValue());
    }
  }
}
