package rig;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * What a record costs: CPU time, and time that passes without using any.
 *
 * <p>Both are owed first and paid in portions of milliseconds, because asking for the thread's CPU
 * time and sleeping are too coarse for a single record. Time is owed against the clock, so whatever
 * Beam, Kafka or a busy machine take is part of it: a slot does 1e6 / (cpuMicros + waitMicros)
 * records/s as long as the CPU time fits in.
 */
final class Cost {
  private static final long CPU_PORTION_NANOS = 1_000_000;
  private static final long TIME_PORTION_NANOS = 5_000_000;

  /** Sleeping too long is made up for, but not more than this: idle time is not saved for later. */
  private static final long CREDIT_NANOS = 5_000_000;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long cpuNanos;
  private final long timeNanos;
  private long cpuOwed;
  private long paidUntil = System.nanoTime();

  Cost(int cpuMicros, int waitMicros) {
    cpuNanos = cpuMicros * 1000L;
    timeNanos = (cpuMicros + waitMicros) * 1000L;
  }

  void pay() throws InterruptedException {
    cpuOwed += cpuNanos;
    if (cpuOwed >= CPU_PORTION_NANOS) burn();
    long now = System.nanoTime();
    paidUntil = Math.max(paidUntil, now - CREDIT_NANOS) + timeNanos;
    if (paidUntil - now >= TIME_PORTION_NANOS) sleep();
  }

  private void burn() {
    long until = THREADS.getCurrentThreadCpuTime() + cpuOwed;
    while (THREADS.getCurrentThreadCpuTime() < until) Thread.onSpinWait();
    cpuOwed = 0;
  }

  private void sleep() throws InterruptedException {
    for (long left; (left = paidUntil - System.nanoTime()) > 0; ) {
      Thread.sleep(Math.max(1, left / 1_000_000));
    }
  }
}
