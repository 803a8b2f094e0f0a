package rig;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The lines of all truth files in a directory, each line once, however often it is asked. */
final class Lines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final Map<Path, Long> readBytes = new HashMap<>();
  private final byte[] buffer = new byte[1 << 16];

  Lines(Path directory) {
    this.directory = directory;
  }

  /** Of the lines that came since the last call. */
  void forEachNew(Consumer<JsonNode> use) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "truth-*.jsonl")) {
      for (Path file : files) readNew(file, use);
    }
  }

  private void readNew(Path path, Consumer<JsonNode> use) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      for (long at = readBytes.getOrDefault(path, 0L); ; readBytes.put(path, at)) {
        file.seek(at);
        int used = useWholeLines(file.read(buffer), path, use);
        if (used == 0) return;
        at += used;
      }
    }
  }

  /** The bytes of the whole lines at the start of the buffer; the rest is read again with its end. */
  private int useWholeLines(int filled, Path path, Consumer<JsonNode> use) throws IOException {
    int start = 0;
    for (int i = 0; i < filled; i++) {
      if (buffer[i] != '\n') continue;
      try {
        use.accept(JSON.readTree(buffer, start, i - start));
      } catch (JsonProcessingException e) {
        System.err.println("left out a damaged line of " + path);
      }
      start = i + 1;
    }
    if (start == 0 && filled == buffer.length) throw new IOException("a line of " + path + " is too long");
    return start;
  }
}
