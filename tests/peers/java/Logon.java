import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.MessageProp;
import org.ietf.jgss.Oid;

/** Logs on by Krb5LoginModule, with the ticket in the cache where the password is "-", and establishes a GSS context with a service whose keytab is at hand. */
public final class Logon {
  private static final String MODULE = "com.sun.security.auth.module.Krb5LoginModule";

  private static Subject login(Map<String, ?> options, CallbackHandler handler) throws Exception {
    Configuration configuration = new Configuration() {
      @Override
      public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
        return new AppConfigurationEntry[] {
            new AppConfigurationEntry(MODULE, LoginModuleControlFlag.REQUIRED, options)};
      }
    };
    LoginContext context = new LoginContext("logon", new Subject(), handler, configuration);
    context.login();
    return context.getSubject();
  }

  public static void main(String[] args) throws Exception {
    String user = args[0], password = args[1], service = args[2], keytab = new File(args[3]).getPath();
    String realm = user.contains("@") ? user.substring(user.indexOf('@')) : "";  // else the default one
    Map<String, ?> options = password.equals("-")
        ? Map.of("refreshKrb5Config", "true", "useTicketCache", "true", "doNotPrompt", "true", "principal", user)
        : Map.of("refreshKrb5Config", "true");
    Subject client = login(options, callbacks -> {
      for (Callback callback : callbacks) {
        if (callback instanceof NameCallback) ((NameCallback) callback).setName(user);
        if (callback instanceof PasswordCallback) ((PasswordCallback) callback).setPassword(password.toCharArray());
      }
    });
    Subject server = login(Map.of("useKeyTab", "true", "storeKey", "true", "isInitiator", "false", "keyTab", keytab,
                                  "principal", service.replace('@', '/') + realm), null);

    GSSManager manager = GSSManager.getInstance();
    Oid kerberos = new Oid("1.2.840.113554.1.2.2");
    GSSName name = manager.createName(service, GSSName.NT_HOSTBASED_SERVICE);
    GSSContext initiator = manager.createContext(name, kerberos, null, GSSContext.DEFAULT_LIFETIME);
    initiator.requestMutualAuth(true);
    byte[] request = Subject.doAs(client, (java.security.PrivilegedExceptionAction<byte[]>) () ->
        initiator.initSecContext(new byte[0], 0, 0));
    GSSContext acceptor = Subject.doAs(server, (java.security.PrivilegedExceptionAction<GSSContext>) () ->
        manager.createContext(manager.createCredential(null, GSSContext.DEFAULT_LIFETIME, kerberos,
                                                       org.ietf.jgss.GSSCredential.ACCEPT_ONLY)));
    byte[] answer = acceptor.acceptSecContext(request, 0, request.length);
    initiator.initSecContext(answer, 0, answer.length);

    byte[] text = "over the established context".getBytes(StandardCharsets.UTF_8);
    byte[] wrapped = initiator.wrap(text, 0, text.length, new MessageProp(true));
    byte[] opened = acceptor.unwrap(wrapped, 0, wrapped.length, new MessageProp(true));
    if (!initiator.isEstablished() || !acceptor.isEstablished() || !new String(opened, StandardCharsets.UTF_8)
        .equals("over the established context")) {
      throw new IllegalStateException("no context");
    }
    System.out.println("established as " + acceptor.getSrcName());
  }
}
