import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

/**
 * A real Neo4j for tests: java ... TestServer.java HOME CONF [PORT]
 *
 * The password comes in TEST_NEO4J_PASSWORD. Prints "ready PORT" once it listens, on that port of
 * 127.0.0.1 or a free one. It obeys lines on standard input, "heap" (prints "heap BYTES", the most that the heap
 * has held) and "reset" (forgets that), and ends when standard input does, so that it never
 * outlives who started it.
 */
public class TestServer {
  public static void main(String[] args) throws Exception {
    int port = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    var builder = new DatabaseManagementServiceBuilder(Path.of(args[0]))
        .loadPropertiesFromFile(Path.of(args[1]))
        .setConfig(BoltConnector.enabled, true)
        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
        .setConfig(GraphDatabaseSettings.auth_enabled, true);
    var service = builder.build();
    try (var tx = service.database("system").beginTx()) {
      tx.execute(
          "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
          Map.of("password", System.getenv("TEST_NEO4J_PASSWORD")));
      tx.commit();
    } catch (Exception alreadySo) {
      // A home that is opened again has the password already, and Neo4j refuses to set the same.
      if (!alreadySo.getMessage().contains("Old password and new password cannot be the same")) throw alreadySo;
    }
    var ports = ((GraphDatabaseAPI) service.database("neo4j"))
        .getDependencyResolver().resolveDependency(ConnectorPortRegister.class);
    System.out.println("ready " + ports.getLocalAddress(ConnectorType.BOLT).getPort());
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("heap")) {
        long peak = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
          if (pool.getType() == MemoryType.HEAP) peak += pool.getPeakUsage().getUsed();
        }
        System.out.println("heap " + peak);
      } else if (line.equals("reset")) {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) pool.resetPeakUsage();
      }
    }
    service.shutdown();
    Runtime.getRuntime().halt(0);
  }
}
