package blackstart.lab;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map.Entry;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.accumulo.core.client.Accumulo;
import org.apache.accumulo.core.client.AccumuloClient;
import org.apache.accumulo.core.client.AccumuloException;
import org.apache.accumulo.core.client.AccumuloSecurityException;
import org.apache.accumulo.core.client.BatchWriter;
import org.apache.accumulo.core.client.Scanner;
import org.apache.accumulo.core.client.TableExistsException;
import org.apache.accumulo.core.client.TableNotFoundException;
import org.apache.accumulo.core.data.Key;
import org.apache.accumulo.core.data.Mutation;
import org.apache.accumulo.core.data.Range;
import org.apache.accumulo.core.data.Value;
import org.apache.accumulo.core.security.Authorizations;

/**
 * A stand-in for the server of an application. It really needs PostgreSQL and Accumulo: GET /ready is 200 only if a query
 * and a scan are both answered, each within three seconds; PUT and GET /note/NAME keep a text in both.
 */
public final class Server {
  private static final String TABLE = "notes";
  private static final String DATABASE =
      "jdbc:postgresql://db/app?user=app&connectTimeout=2&socketTimeout=3&loginTimeout=3";
  private static final int PATIENCE_SECONDS = 3;
  private static final ExecutorService WORKERS = Executors.newCachedThreadPool();
  private static AccumuloClient client;

  public static void main(String[] arguments) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(8000), 50);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/ready", Server::ready);
    server.createContext("/note/", Server::note);
    server.start();
  }

  /** Made at the first question and kept: it finds the tablet servers again by itself. */
  private static synchronized AccumuloClient accumulo() {
    if (client == null) {
      client = Accumulo.newClient().from("/opt/accumulo/conf/accumulo-client.properties").build();
    }
    return client;
  }

  private static void ready(HttpExchange exchange) throws IOException {
    Future<String> database = WORKERS.submit(() -> answerOf("database", Server::askDatabase));
    String scanned = answerOf("accumulo", Server::askAccumulo);
    String asked;
    try {
      asked = database.get();
    } catch (Exception e) {
      asked = "database: " + e.getMessage();
    }
    boolean good = scanned.isEmpty() && asked.isEmpty();
    answer(exchange, good ? 200 : 503, good ? "ready\n" : (asked + " " + scanned).trim() + "\n");
  }

  /** Empty, or what is wrong. A scan of an Accumulo that is gone would try for ever: it is left behind. */
  private static String answerOf(String name, Callable<Void> question) {
    Future<Void> future = WORKERS.submit(question);
    try {
      future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return "";
    } catch (Exception e) {
      future.cancel(true);
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return name + ": " + cause;
    }
  }

  private static Void askDatabase() throws SQLException {
    try (Connection connection = DriverManager.getConnection(DATABASE)) {
      connection.createStatement().executeQuery("select 1").next();
    }
    return null;
  }

  /** One entry of its own table; before that exists, of the table of tables. */
  private static Void askAccumulo() throws Exception {
    try {
      readOne(TABLE);
    } catch (TableNotFoundException e) {
      readOne("accumulo.metadata");
    }
    return null;
  }

  private static void readOne(String table) throws TableNotFoundException, AccumuloException, AccumuloSecurityException {
    try (Scanner scanner = accumulo().createScanner(table, Authorizations.EMPTY)) {
      scanner.setBatchSize(1);
      scanner.iterator().hasNext();
    }
  }

  private static void note(HttpExchange exchange) throws IOException {
    String name = exchange.getRequestURI().getPath().substring("/note/".length());
    try {
      if (exchange.getRequestMethod().equals("PUT")) {
        String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        writeNote(name, text);
        answer(exchange, 200, "kept\n");
      } else {
        String text = readNote(name);
        answer(exchange, text == null ? 404 : 200, text == null ? "no such note\n" : text + "\n");
      }
    } catch (Exception e) {
      answer(exchange, 503, e + "\n");
    }
  }

  private static void writeNote(String name, String text) throws Exception {
    try {
      accumulo().tableOperations().create(TABLE);
    } catch (TableExistsException e) {
      // As wanted.
    }
    try (BatchWriter writer = accumulo().createBatchWriter(TABLE)) {
      Mutation mutation = new Mutation(name);
      mutation.put("note", "text", text);
      writer.addMutation(mutation);
    }
    try (Connection connection = DriverManager.getConnection(DATABASE)) {
      connection.createStatement().execute("create table if not exists notes (name text primary key, text text)");
      var insert =
          connection.prepareStatement(
              "insert into notes values (?, ?) on conflict (name) do update set text = excluded.text");
      insert.setString(1, name);
      insert.setString(2, text);
      insert.execute();
    }
  }

  /** The text, if both stores hold the same. */
  private static String readNote(String name) throws Exception {
    String kept = null;
    try (Scanner scanner = accumulo().createScanner(TABLE, Authorizations.EMPTY)) {
      scanner.setRange(Range.exact(name));
      for (Entry<Key, Value> entry : scanner) kept = entry.getValue().toString();
    }
    try (Connection connection = DriverManager.getConnection(DATABASE)) {
      var select = connection.prepareStatement("select text from notes where name = ?");
      select.setString(1, name);
      var rows = select.executeQuery();
      String other = rows.next() ? rows.getString(1) : null;
      if (kept != null && kept.equals(other)) return kept;
      if (kept == null && other == null) return null;
      throw new IllegalStateException("Accumulo holds " + kept + ", PostgreSQL holds " + other);
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
